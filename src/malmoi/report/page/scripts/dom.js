"use strict";
// Shared functions: the data and texts of the page, and elements whose content is always text.

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

// The exact text of an element: the displayed text, or the original if it has invisible characters.
function exactText(holder) {
  const hidden = holder.querySelector("[data-raw]");
  return hidden ? JSON.parse(hidden.dataset.raw) : holder.textContent.trim();
}

// Storing and reading choices; a browser may refuse both for local files.
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
    // Then the choice lasts until the page is closed.
  }
}
