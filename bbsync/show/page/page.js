"use strict";
(() => {
  const form = document.getElementById("filter");
  if (!form) return;
  const input = document.getElementById("words");
  const found = document.getElementById("found");
  const boxes = [...form.querySelectorAll("input[type=checkbox]")];
  const all = (from, what) => [...from.querySelectorAll(what)];

  const rows = all(document, "article.row").map((element) => {
    const leaves = all(element, ".leaf").map((leaf) => ({ element: leaf, text: words(leaf, leaf) }));
    const own = element.classList.contains("tree") ? element.querySelector(".head") : element;
    return { element, leaves, mark: element.dataset.mark, text: words(own, element) };
  });
  const total = rows.reduce((sum, row) => sum + 1 + row.leaves.length, 0);

  function words(shown, described) {
    return `${described.dataset.type} ${shown.textContent}`.toLowerCase();
  }

  function filter() {
    const wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const marks = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    const matches = (text) => wanted.every((word) => text.includes(word));
    let shown = 0;
    for (const row of rows) {
      const whole = matches(row.text);
      const kept = row.leaves.filter((leaf) => {
        leaf.element.hidden = !(whole || matches(leaf.text));
        return !leaf.element.hidden;
      });
      const visible = marks.has(row.mark) && (whole || kept.length > 0);
      row.element.hidden = !visible;
      if (visible) shown += 1 + kept.length;
      if (visible && wanted.length && !whole) open(row.element);
    }
    for (const twig of all(document, ".twig")) twig.hidden = narrowed(wanted) && !some(twig, ".leaf");
    for (const group of all(document, ".group")) group.hidden = !some(group, "article.row");
    for (const section of all(document, ".changes")) section.hidden = !some(section, ".group");
    const everything = !narrowed(wanted) && marks.size === boxes.length;
    found.textContent = everything ? "" : `${shown} of ${total} listed`;
  }

  const narrowed = (wanted) => wanted.length > 0;
  const some = (element, what) => Boolean(element.querySelector(`${what}:not([hidden])`));
  const open = (element) => all(element, "details").forEach((one) => { one.open = true; });

  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", filter);
  document.getElementById("expand").addEventListener("click", () => open(document));
  document.getElementById("collapse").addEventListener("click", () => {
    for (const one of all(document, "details")) one.open = false;
  });
  addEventListener("beforeprint", () => open(document));
})();
