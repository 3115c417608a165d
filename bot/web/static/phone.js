// Makes the phone page live: sends without a reload, hears of news, moves the clock. Without it, forms do the same.
"use strict";
(() => {
  const main = document.querySelector("main.phones");
  const problem = document.querySelector("[data-problem]");
  const clock = document.querySelector(".clock");
  const handsets = new Map([...document.querySelectorAll("[data-phone]")].map((one) => [one.dataset.phone, one]));
  const fetched = new Map();
  const sending = new Map();

  function complain(words) {
    problem.textContent = words;
    problem.hidden = !words;
  }

  function randomId() {
    return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  // --- the screens ---

  const screenOf = (phone) => handsets.get(phone).querySelector("[data-screen]");

  function toEnd(screen) {
    screen.scrollTop = screen.scrollHeight;
  }

  async function refresh(phone) {
    const turn = (fetched.get(phone) || 0) + 1;
    fetched.set(phone, turn);
    const answer = await fetch("/phone/screen?" + new URLSearchParams({ phone }));
    if (!answer.ok) return;
    const html = await answer.text();
    if (fetched.get(phone) !== turn) return;
    const screen = screenOf(phone);
    const atEnd = screen.scrollHeight - screen.scrollTop - screen.clientHeight < 60;
    const waiting = [...screen.querySelectorAll(".pending, .lost")];
    waiting.forEach((one) => one.remove());
    patch(screen, parsed(html));
    waiting.filter((one) => sending.has(one.dataset.key)).forEach((one) => screen.querySelector(".log").append(one));
    if (atEnd) toEnd(screen);
  }

  function hear() {
    let mark = main.dataset.mark;
    const phones = [...handsets.keys()];
    const asked = new URLSearchParams(phones.map((phone) => ["phone", phone]));
    asked.set("seen", mark);
    const news = new EventSource("/phone/live?" + asked);
    news.onmessage = (event) => {
      const before = mark.split("-"), after = event.data.split("-");
      mark = event.data;
      phones.forEach((phone, place) => before[place] !== after[place] && refresh(phone));
      lookAtClock();
    };
  }

  // --- what a phone does ---

  function said(form, asked) {
    const field = (name) => form.elements[name].value;
    switch (asked) {
      case "text": return { text: field("text") };
      case "start": return { text: "/start" };
      case "contact": return { contact: "+" + field("contact").replace(/[^0-9]/g, "") };
      case "pin": return { pin: field("pin").split(/[, ]+/).map(Number) };
      case "voice": return { voice: true };
      case "block": return { blocked: true };
      case "unblock": return { blocked: false };
      default: return { tap: asked };
    }
  }

  function photo(file) {
    return new Promise((done, failed) => {
      const reader = new FileReader();
      reader.onload = () => done({ photo: reader.result.slice(reader.result.indexOf(",") + 1) });
      reader.onerror = () => failed(reader.error);
      reader.readAsDataURL(file);
    });
  }

  function pendingBubble(phone, words, key) {
    const line = document.createElement("li"), bubble = document.createElement("div"), under = document.createElement("p");
    line.className = "said mine pending";
    line.dataset.key = key;
    bubble.className = "bubble";
    bubble.textContent = words;
    under.className = "under";
    under.textContent = "sending";
    line.append(bubble, under);
    const screen = screenOf(phone);
    screen.querySelector(".empty")?.remove();
    screen.querySelector(".log").append(line);
    toEnd(screen);
    return line;
  }

  async function send(phone, what, line) {
    const key = line.dataset.key;
    sending.set(key, what);
    line.className = "said mine pending";
    try {
      const answer = await fetch(`/phone/api/${encodeURIComponent(phone)}/send`, {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ ...what, id: key }),
      });
      if (answer.status === 400) {
        sending.delete(key);
        line.remove();
        complain((await answer.json()).error);
        return;
      }
      if (!answer.ok) throw new Error(answer.status);
      sending.delete(key);
      complain("");
      await refresh(phone);
      line.remove();
    } catch {
      line.className = "said mine lost";
      const again = document.createElement("button");
      again.type = "button";
      again.textContent = "Not sent. Try again";
      again.onclick = () => send(phone, what, line);
      line.querySelector(".under").replaceChildren(again);
    }
  }

  async function say(form, button) {
    const asked = button?.value ?? "text";
    const phone = form.dataset.says;
    const what = asked === "photo" ? await photo(form.elements.photo.files[0]) : said(form, asked);
    const seen = Number(screenOf(phone).querySelector(".log").dataset.newest);
    if (seen) what.seen = seen;
    const words = what.text ?? (what.tap ? button.textContent : "…");
    const line = pendingBubble(phone, words, randomId());
    form.closest("details")?.removeAttribute("open");
    if (form.elements.text) form.elements.text.value = "";
    await send(phone, what, line);
  }

  // --- the clock ---

  let ahead = 0;

  function showClock() {
    const now = new Date(Date.now() + ahead);
    const time = { timeZone: clock.dataset.zone, hour: "numeric", minute: "2-digit", hour12: true };
    const clockTime = now.toLocaleTimeString("en-US", time).replace("AM", "am").replace("PM", "pm");
    const day = now.toLocaleDateString("en-US", { timeZone: clock.dataset.zone, weekday: "short", month: "short", day: "numeric" });
    document.querySelector("[data-clock-words]").textContent = `${day}, ${clockTime}`;
    document.querySelectorAll("[data-clock-time]").forEach((one) => { one.textContent = clockTime; });
  }

  function setClock(told) {
    ahead = Date.parse(told.now) - Date.now();
    const next = document.querySelector("[data-next]");
    if (next) {
      next.disabled = !told.next;
      const words = document.createElement("small");
      words.textContent = told.next_words || "";
      next.replaceChildren("To next reminder ", words);
    }
    const to = document.querySelector("#clock-to");
    if (to && document.activeElement !== to) to.value = told.wall;
    showClock();
  }

  async function lookAtClock() {
    const answer = await fetch("/phone/api/clock");
    if (answer.ok) setClock(await answer.json());
  }

  async function moveClock(form, button) {
    const asked = button?.name === "minutes" ? { minutes: Number(button.value) } : { to: button?.name === "to" ? button.value : form.elements.to.value };
    const answer = await fetch("/phone/api/clock", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(asked),
    });
    const told = await answer.json();
    complain(answer.ok ? "" : told.error);
    if (answer.ok) setClock(told);
  }

  // --- begin ---

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.says) {
      event.preventDefault();
      say(form, event.submitter);
    } else if (form.closest(".clock")) {
      event.preventDefault();
      moveClock(form, event.submitter);
    }
  });
  document.addEventListener("keydown", (event) => {
    const sheet = event.key === "Escape" && event.target.closest?.("details[open]");
    if (!sheet) return;
    sheet.removeAttribute("open");
    sheet.querySelector("summary").focus();
  });
  ahead = Date.parse(clock.dataset.now) - Date.now();
  setInterval(showClock, 1000);
  handsets.forEach((handset, phone) => toEnd(screenOf(phone)));
  hear();
  if (matchMedia("(hover: hover)").matches) document.querySelector(".say__text")?.focus({ preventScroll: true });
})();
