// Bring a part of a page up to what the server sent, touching only what changed: focus stays, and a screen
// reader hears the new message alone.
"use strict";
function patch(old, fresh) {
  const before = [...old.children], after = [...fresh.children];
  after.forEach((one, place) => {
    const was = before[place];
    if (!was) old.append(one);
    else if (was.isEqualNode(one)) return;
    else if (was.tagName === one.tagName && ["DIV", "OL", "SECTION", "UL"].includes(was.tagName)) {
      for (const { name, value } of one.attributes) was.setAttribute(name, value);
      patch(was, one);
    } else was.replaceWith(one);
  });
  before.slice(after.length).forEach((one) => one.remove());
}

function parsed(html) {
  return new DOMParser().parseFromString(html, "text/html").body;
}
