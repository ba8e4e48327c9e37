"use strict";
// What all scripts use: the data of the page, its words, and elements whose content is always text.

const DATA = JSON.parse(document.getElementById("report-data").textContent);

function byId(id) {
  return document.getElementById(id);
}

function words(key, values = {}) {
  return DATA.words[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

function svgElement(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// The exact text of an element: what is shown, or what stands behind it where characters cannot be seen.
function exactText(holder) {
  const hidden = holder.querySelector("[data-raw]");
  return hidden ? JSON.parse(hidden.dataset.raw) : holder.textContent.trim();
}

// Keeping and reading what a reader chose; a browser may refuse both for files.
function remembered(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Then it lasts as long as the page.
  }
}
