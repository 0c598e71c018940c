// Warns before an unused session ends and closes it when nobody answers; the server ends it by itself as well.
// What is being written is kept on the server before that.
// All tabs of this browser know of each other, so that the one in use keeps the others open.

const WARNING = 2 * 60_000;
const MINUTE = 60_000;
const NOTED_EVERY = 4 * MINUTE;
// What a browser sends on after its page has gone.
const SMALL = 50_000;

class IdleWatch extends HTMLElement {
  connectedCallback() {
    this.limit = Number(this.dataset.minutes) * MINUTE;
    this.dialog = this.querySelector("dialog");
    this.left = this.querySelector("[data-left]");
    this.tabs = "BroadcastChannel" in window ? new BroadcastChannel("carebase-session") : null;
    if (this.tabs) this.tabs.onmessage = (event) => this.hear(event.data);
    // The page itself was a use of the session.
    this.used();
    this.querySelector("[data-stay]").addEventListener("submit", (event) => {
      event.preventDefault();
      this.stay();
    });
    // Escape would close it without an answer.
    this.dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.stay();
    });
    for (const kind of ["keydown", "pointerdown"]) {
      document.addEventListener(kind, (event) => this.noticed(event), { capture: true, passive: true });
    }
    for (const form of document.querySelectorAll('form[action="/logout"]')) {
      form.addEventListener("submit", () => this.tell("out"));
    }
    // Timers sleep with the machine, so the clock decides whenever somebody looks again.
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.keepDrafts({ isLeaving: true });
      else this.look();
    });
    this.timer = setInterval(() => this.look(), 1000);
    this.forms = [...document.querySelectorAll("form[data-draft]")].map((form) => this.watched(form));
  }

  watched(form) {
    const watched = { form, kept: "", isSent: false };
    form.addEventListener("submit", () => (watched.isSent = true));
    form.addEventListener("input", () => (watched.isSent = false));
    return watched;
  }

  written(form) {
    // Files and what the page itself put in are not what somebody wrote.
    const own = ["form_token", "idempotency_key"];
    const typed = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && value && !own.includes(name));
    return new URLSearchParams(typed).toString();
  }

  async keepDrafts({ isLeaving = false } = {}) {
    for (const watched of this.forms) {
      const written = this.written(watched.form);
      // A form that was sent takes its page along; one that came back with mistakes is still somebody's work.
      if ((isLeaving && watched.isSent) || !written || written === watched.kept) continue;
      const body = new URLSearchParams(written);
      body.set("form_token", this.dataset.token);
      try {
        const answer = await fetch(`/drafts/${watched.form.dataset.draft}`, {
          method: "POST",
          body,
          // The page does this by itself: it keeps no session open.
          headers: { "X-Carebase-Poll": "1" },
          keepalive: written.length < SMALL,
        });
        if (answer.ok && !answer.redirected) watched.kept = written;
      } catch {
        // No network just now: it is tried again.
      }
    }
  }

  disconnectedCallback() {
    clearInterval(this.timer);
    if (this.tabs) this.tabs.close();
  }

  tell(what) {
    if (this.tabs) this.tabs.postMessage(what);
  }

  hear(what) {
    if (what === "used") this.moved();
    if (what === "out") this.leave("out");
  }

  used() {
    this.moved();
    this.tell("used");
  }

  moved() {
    this.usedAt = Date.now();
    this.isNoticed = false;
    if (this.dialog.open) this.dialog.close();
  }

  noticed(event) {
    // Somebody who writes a long text uses the session without asking the server for anything.
    if (!event.isTrusted || this.dialog.open) return;
    this.isNoticed = true;
  }

  look() {
    const unused = Date.now() - this.usedAt;
    if (unused >= this.limit) {
      this.close();
    } else if (this.isNoticed && unused >= NOTED_EVERY) {
      this.keepDrafts();
      this.stay();
    } else if (unused >= this.limit - WARNING) {
      this.warn(this.limit - unused);
    }
  }

  warn(left) {
    const words = left > MINUTE ? this.left.dataset.two : this.left.dataset.one;
    if (!this.dialog.open) {
      this.keepDrafts();
      this.dialog.showModal();
      this.dialog.querySelector("button").focus();
    }
    if (this.left.textContent !== words) this.left.textContent = words;
  }

  async stay() {
    if (this.isAsking) return;
    this.isAsking = true;
    try {
      const body = new URLSearchParams({ form_token: this.dataset.token });
      const answer = await fetch("/account/stay", { method: "POST", body });
      if (answer.ok && !answer.redirected) this.used();
      else this.leave("idle");
    } catch {
      // No network just now: the clock goes on, and the next answer tries again.
    } finally {
      this.isAsking = false;
    }
  }

  async close() {
    clearInterval(this.timer);
    document.querySelector("main").replaceChildren();
    try {
      const body = new URLSearchParams({ form_token: this.dataset.token });
      await fetch("/logout", { method: "POST", body, redirect: "manual" });
    } catch {
      // The server closes it by itself.
    }
    this.leave("idle");
  }

  leave(why) {
    clearInterval(this.timer);
    document.querySelector("main").replaceChildren();
    const query = new URLSearchParams({ next: window.location.pathname, said: why });
    window.location.replace(`/login?${query}`);
  }
}

customElements.define("idle-watch", IdleWatch);
