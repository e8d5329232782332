// What typing can begin without comes after it: pasting a block, drafts in files, evidence.

export class Rest {
  constructor(form, saver) {
    this.form = form;
    this.saver = saver;
    form.element.addEventListener('paste', (event) => this.paste(event));
  }

  /** The second script, fetched once; on a line that is cut, asked for again the next time. */
  fetch() {
    this.coming ||= new Promise((resolve, reject) => {
      const script = document.createElement('script');
      script.src = this.form.element.dataset.rest;
      script.onload = () => resolve(window.restOfEntry(this.form, this.saver));
      script.onerror = reject;
      document.head.append(script);
    });
    this.coming.catch(() => { this.coming = null; });
    return this.coming;
  }

  /** More than one cell at once is shown before it applies; one is the browser's own affair. */
  async paste(event) {
    const start = this.form.cells.get(this.form.codeOf(event.target));
    const text = event.clipboardData.getData('text');
    if (!start || event.target !== start.box || !/[\t\r\n]/.test(text.replace(/\r?\n$/, ''))) return;
    event.preventDefault();
    const pasting = await this.fetch().catch(() => null);
    pasting?.begin(start, text);
  }
}
