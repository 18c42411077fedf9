"use strict";
// Everything can be read without this: it copies, filters and sorts what is there.

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function copying() {
  const places = [["pre.command", "Copy the command"], ["pre.sql", "Copy the SQL"]];
  for (const [selector, label] of places) {
    for (const text of document.querySelectorAll(selector)) {
      const button = element("button", "Copy", { type: "button", "aria-label": label });
      button.addEventListener("click", async () => {
        let said = "Copied";
        try {
          await navigator.clipboard.writeText(text.textContent.trim());
        } catch {
          getSelection().selectAllChildren(text);
          said = "Selected";
        }
        button.textContent = said;
        setTimeout(() => { button.textContent = "Copy"; }, 2000);
      });
      text.after(button);
    }
  }
}

// A schedule that went quiet shows only here: what is drawn does not know what time it is read.
function overdue() {
  for (const due of document.querySelectorAll("time.due")) {
    if (new Date(due.dateTime) > new Date()) continue;
    const said = " That has passed: look for a newer run, or see why there is none.";
    due.closest("p").append(element("strong", said, { class: "unknown" }));
  }
}

function filtering() {
  const items = [...document.querySelectorAll("[data-verdict]")];
  const judged = items.filter((item) => item.id);
  if (judged.length < 2) return;
  const form = element("form", "", { class: "filter", role: "search", "aria-label": "Filter" });
  const told = element("output", "", { "aria-live": "polite" });
  const texts = new Map();
  const choices = [];
  const field = (label, control) => {
    control.id = `filter-${label.toLowerCase()}`;
    const line = element("div", "");
    line.append(element("label", label, { for: control.id }), control);
    form.append(line);
    return control;
  };
  const words = field("Text", element("input", "", { type: "search", autocomplete: "off" }));
  for (const name of ["system", "severity", "verdict", "change"]) {
    const values = [...new Set(judged.map((item) => item.dataset[name]))].filter(Boolean).sort();
    if (values.length < 2 && name !== "change" || !values.length) continue;
    const choice = field(name[0].toUpperCase() + name.slice(1), element("select", ""));
    choice.append(element("option", "all", { value: "" }), ...values.map((v) => element("option", v)));
    choices.push([name, choice]);
  }
  const text = (item) => {
    if (!texts.has(item)) texts.set(item, item.textContent.toLowerCase());
    return texts.get(item);
  };
  const apply = () => {
    const wanted = words.value.trim().toLowerCase();
    let shown = 0;
    for (const item of items) {
      const fits = choices.every(([name, choice]) => !choice.value || item.dataset[name] === choice.value);
      item.hidden = !(fits && (!wanted || text(item).includes(wanted)));
      if (item.id && !item.hidden) shown += 1;
    }
    for (const section of document.querySelectorAll("main > section")) {
      const inside = [...section.querySelectorAll("[data-verdict]")];
      section.hidden = inside.length > 0 && inside.every((item) => item.hidden);
    }
    told.textContent = shown === judged.length ? "" : `${shown} of ${judged.length} invariants`;
  };
  const reset = element("button", "Show all", { type: "reset" });
  form.append(reset, told);
  form.addEventListener("input", apply);
  form.addEventListener("reset", () => setTimeout(apply));
  form.addEventListener("submit", (event) => event.preventDefault());
  // Whoever follows a link to what is filtered away wants to see it.
  addEventListener("hashchange", () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target?.closest("[hidden]")) { form.reset(); setTimeout(() => target.scrollIntoView()); }
  });
  const place = element("div", "", { class: "entry controls" });
  place.append(element("p", "Filter", { class: "margin", "aria-hidden": "true" }), form);
  form.classList.add("body");
  document.querySelector("main").prepend(place);
  ordering(form, field);
}

function ordering(form, field) {
  const articles = [...document.querySelectorAll("article.violated")];
  if (articles.length < 2) return;
  const number = (article) => Number(article.dataset.count ?? 0);
  const since = (article) => article.dataset.since ?? "";
  const orders = {
    "worst first": () => 0,
    "most violations": (a, b) => number(b) - number(a),
    "newest first": (a, b) => since(b).localeCompare(since(a)),
    "oldest first": (a, b) => since(a).localeCompare(since(b)),
  };
  const choice = element("select", "");
  choice.append(...Object.keys(orders).map((name) => element("option", name)));
  field("Order", choice);
  form.insertBefore(choice.parentElement, form.querySelector("button"));
  const sort = () => {
    const parent = articles[0].parentElement;
    parent.append(...[...articles].sort(orders[choice.value]));
  };
  choice.addEventListener("input", sort);
  form.addEventListener("reset", () => setTimeout(sort));
}

function sorting() {
  for (const table of document.querySelectorAll("table.sortable")) {
    const body = table.tBodies[0];
    for (const [column, head] of [...table.tHead.rows[0].cells].entries()) {
      const cell = (row) => row.cells[column];
      if (!cell(body.rows[0]) || cell(body.rows[0]).querySelector("svg")) continue;
      const button = element("button", head.textContent, { type: "button", class: "sort" });
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const up = head.getAttribute("aria-sort") !== "ascending";
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const key = (row) => cell(row)?.dataset.sort ?? cell(row)?.textContent.trim() ?? "";
        const order = (a, b) => key(a).localeCompare(key(b), "en", { numeric: true });
        body.append(...[...body.rows].sort((a, b) => up ? order(a, b) : order(b, a)));
      });
    }
  }
}

copying();
overdue();
sorting();
filtering();
