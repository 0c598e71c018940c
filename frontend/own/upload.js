// Shows the chosen files, refuses what the server would refuse, and shows how far an upload is.
// Without it the same form is sent by the browser, and the server gives the same answers.

class CaseUpload extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.progress = this.querySelector("[data-progress]");
    this.bar = this.querySelector("progress");
    this.words = this.querySelector("[data-progress-words]");
    this.inputs = [...this.form.querySelectorAll('input[type="file"]')];
    for (const input of this.inputs) input.addEventListener("change", () => this.list(input));
    this.form.addEventListener("submit", (event) => this.send(event));
  }

  list(input) {
    const list = this.querySelector(`[data-chosen="${input.id}"]`);
    list.replaceChildren(
      ...[...input.files].map((file) => {
        const row = document.createElement("li");
        const name = document.createElement("span");
        name.textContent = file.name;
        const size = document.createElement("span");
        const isTooLarge = file.size > Number(this.dataset.fileLimit);
        size.textContent = isTooLarge
          ? this.dataset.tooLarge
          : `${(file.size / 1e6).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1, minimumFractionDigits: 1 })} ${this.dataset.megabytes}`;
        row.className = isTooLarge ? "is-refused" : "";
        row.append(name, size);
        return row;
      }),
    );
    const count = this.inputs.reduce((sum, one) => sum + one.files.length, 0);
    const isAnyTooLarge = this.inputs.some((one) => [...one.files].some((file) => file.size > Number(this.dataset.fileLimit)));
    const message = isAnyTooLarge ? this.dataset.tooLarge : count > Number(this.dataset.fileCount) ? this.dataset.tooMany : "";
    for (const one of this.inputs) one.setCustomValidity("");
    input.setCustomValidity(message);
    if (message) input.reportValidity();
  }

  send(event) {
    if (this.isSending) {
      event.preventDefault();
      return;
    }
    if (!this.inputs.some((input) => input.files.length)) return;
    event.preventDefault();
    this.isSending = true;
    this.progress.hidden = false;
    const request = new XMLHttpRequest();
    request.open("POST", this.form.action);
    request.setRequestHeader("HX-Request", "true");
    request.upload.addEventListener("progress", (step) => {
      if (step.lengthComputable) this.show(step.loaded / step.total);
    });
    request.addEventListener("load", () => this.loaded(request));
    request.addEventListener("error", () => this.stopped());
    request.addEventListener("abort", () => this.stopped());
    request.send(new FormData(this.form));
  }

  show(share) {
    const percent = Math.floor(share * 100);
    this.bar.value = percent;
    // A screen reader hears a quarter at a time, not every percent.
    const spoken = percent === 100 ? this.dataset.storing : `${this.dataset.sending} ${Math.floor(percent / 25) * 25} %`;
    if (this.words.textContent !== spoken) this.words.textContent = spoken;
  }

  loaded(request) {
    const next = request.getResponseHeader("HX-Redirect");
    if (next) {
      window.location.assign(next);
      return;
    }
    // A refusal is a whole page with the mistakes marked: only its form is taken over, the files stay chosen.
    this.isSending = false;
    this.progress.hidden = true;
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const mistakes = page.querySelector(".nhsuk-error-summary");
    this.querySelector("[data-mistakes]").replaceChildren(...(mistakes ? [mistakes] : []));
    if (mistakes) {
      mistakes.setAttribute("tabindex", "-1");
      mistakes.focus();
    } else {
      this.stopped();
    }
  }

  stopped() {
    this.isSending = false;
    this.progress.hidden = false;
    this.words.textContent = this.dataset.stopped;
  }
}

customElements.define("case-upload", CaseUpload);
