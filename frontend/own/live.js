// Brings the case page up to date while the analysis runs. The page works without it: a link reloads.

class CaseProgress extends HTMLElement {
  connectedCallback() {
    this.seen = this.dataset.status;
    this.open();
  }

  disconnectedCallback() {
    this.close();
  }

  open() {
    if (this.seen !== "processing") return;
    if ("EventSource" in window) {
      this.source = new EventSource(this.dataset.events);
      this.source.addEventListener("step", () => this.refresh());
      this.source.addEventListener("end", () => this.refresh());
    }
    // Proxies may hold an event stream back, so the page also asks by itself, less and less often.
    this.wait = 2000;
    this.later();
  }

  close() {
    if (this.source) this.source.close();
    clearTimeout(this.timer);
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), this.wait);
    this.wait = Math.min(this.wait * 1.5, 15000);
  }

  show(block) {
    // The sentence that a screen reader announces stays in place and only changes its words.
    const [now, freshNow] = [this.querySelector("[data-now]"), block.querySelector("[data-now]")];
    if (now && freshNow && now.textContent !== freshNow.textContent) now.textContent = freshNow.textContent;
    const [steps, freshSteps] = [this.querySelector("ol"), block.querySelector("ol")];
    if (steps && freshSteps && steps.innerHTML !== freshSteps.innerHTML) steps.innerHTML = freshSteps.innerHTML;
  }

  async refresh() {
    if (this.busy) return;
    this.busy = true;
    try {
      // A page that looks for news by itself is no sign of somebody being there.
      const answer = await fetch(this.dataset.fragment, { headers: { "HX-Request": "true", "X-Carebase-Poll": "1" } });
      if (!answer.ok || answer.redirected) {
        this.close();
        return;
      }
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const block = fresh.querySelector("case-progress");
      if (!block) return;
      if (block.dataset.status !== "processing") {
        // The rest of the page has changed as well, so it is loaded whole.
        this.close();
        window.location.reload();
        return;
      }
      this.show(block);
    } catch {
      // No network just now: the timer below asks again.
    } finally {
      this.busy = false;
    }
    this.later();
  }
}

customElements.define("case-progress", CaseProgress);

// A person who sends a form with a mistake is taken to the list of mistakes.
const summary = document.querySelector(".nhsuk-error-summary");
if (summary) {
  summary.setAttribute("tabindex", "-1");
  summary.focus();
}
