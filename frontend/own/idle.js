// Warns before an unused session ends and closes it when nobody answers; the server ends it by itself as well.
// All tabs of this browser know of each other, so that the one in use keeps the others open.

const WARNING = 2 * 60_000;
const MINUTE = 60_000;
const NOTED_EVERY = 4 * MINUTE;

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
    document.addEventListener("visibilitychange", () => this.look());
    this.timer = setInterval(() => this.look(), 1000);
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
      this.stay();
    } else if (unused >= this.limit - WARNING) {
      this.warn(this.limit - unused);
    }
  }

  warn(left) {
    const words = left > MINUTE ? this.left.dataset.two : this.left.dataset.one;
    if (!this.dialog.open) {
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
