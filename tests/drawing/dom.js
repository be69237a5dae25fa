// As much of a browser's page as the script of a drawing asks for.
"use strict";
class Element {
  constructor(name) {
    Object.assign(this, { name, children: [], attributes: {}, style: {}, heard: {}, textContent: "" });
  }
  get dataset() {
    return { key: this.attributes["data-key"], fold: this.attributes["data-fold"] };
  }
  get firstElementChild() { return this.children[0]; }
  setAttribute(key, value) { this.attributes[key] = String(value); }
  getAttribute(key) { return this.attributes[key]; }
  append(...children) { this.children.push(...children); }
  replaceChildren(...children) { this.children = children; }
  addEventListener(kind, run) { this.heard[kind] = run; }
  getBoundingClientRect() { return { left: 0, top: 0, right: 0, bottom: 0 }; }
  focus() { document.activeElement = this; }
  // What stands for CSS selectors: `.class, .class`.
  closest(selector) { return selector.includes("." + this.attributes.class) ? this : null; }
  querySelector(selector) {
    return this.all().find(each => selector.includes(`"${each.attributes["data-key"]}"`)) || null;
  }
  all() {
    return this.children.flatMap(each => each instanceof Element ? [each, ...each.all()] : []);
  }
  text() {
    return this.children.map(each => each instanceof Element ? each.text() : each).join("");
  }
}
const byId = {};
for (const id of ["data", "elk", "sheet", "drawing", "tip", "state"]) byId[id] = new Element(id);
byId.drawing.append(new Element("defs"));
const buttons = ["all", "blocks", "none"].map(each => {
  const made = new Element("button");
  made.setAttribute("data-fold", each);
  return made;
});
globalThis.document = {
  getElementById: id => byId[id],
  querySelectorAll: () => buttons,
  createElement: name => new Element(name),
  createElementNS: (_, name) => new Element(name),
};
globalThis.scrollBy = () => {};

// What tests ask: the elements with a class, and what a reader does.
const having = kind => byId.drawing.all().filter(each => each.attributes.class === kind);
const titled = text => having("handle").find(each => each.text().includes(text));
const click = each => byId.sheet.heard.click({ target: each });
const press = (each, key) =>
  byId.sheet.heard.keydown({ target: each, key, preventDefault: () => {} });
const point = each => byId.sheet.heard.pointerover({ target: each, type: "pointerover" });
const fold = which => buttons.find(each => each.dataset.fold === which).heard.click();
