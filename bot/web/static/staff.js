// Keeps the caseworkers' window fresh and counts what a text costs. Without it, everything works by loading again.
"use strict";
(() => {
  const main = document.querySelector("main");
  const part = document.querySelector("[data-part]");
  const stale = document.querySelector("[data-stale]");

  // --- news ---

  let turn = 0;

  async function fresh() {
    const mine = ++turn;
    const answer = await fetch(main.dataset.fresh);
    if (!answer.ok) return stop();
    const html = await answer.text();
    if (mine !== turn) return;
    const atEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 80;
    const focused = part.contains(document.activeElement) ? document.activeElement : null;
    const again = focused && (focused.getAttribute("href") || focused.closest("form")?.getAttribute("action"));
    patch(part, parsed(html));
    if (again && !part.contains(document.activeElement)) (part.querySelector(`[href="${CSS.escape(again)}"], a[href="${again}"], form[action="${again}"] button`) || main).focus();
    if (atEnd && document.querySelector(".thread")) scrollTo(0, document.documentElement.scrollHeight);
    const count = part.querySelector("[data-count]");
    if (count) document.title = document.title.replace(/^(\(\d+\) )?/, Number(count.dataset.count) ? `(${count.dataset.count}) ` : "");
  }

  function stop() {
    stale.hidden = false;
  }

  if (main.dataset.live) {
    const news = new EventSource(`${main.dataset.live}?seen=${main.dataset.mark}`);
    news.onmessage = fresh;
    news.onerror = () => news.readyState === EventSource.CLOSED && stop();
  }

  // --- what a text costs: as flows/sms_parts.py counts it ---

  const basic = new Set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà");
  const extension = new Set("\f^{}\\[~]|€");

  function parts(text) {
    const all = [...text];
    const plain = all.every((one) => basic.has(one) || extension.has(one));
    const costs = all.map((one) => (plain ? (extension.has(one) ? 2 : 1) : one.length));
    const [single, each] = plain ? [160, 153] : [70, 67];
    const length = costs.reduce((sum, one) => sum + one, 0);
    if (length <= single) return { plain, length, count: 1 };
    let used = 0, count = 1;
    for (const cost of costs) {
      if (used + cost > each) { used = 0; count += 1; }
      used += cost;
    }
    return { plain, length, count };
  }

  const reply = document.querySelector("[data-counted]");
  if (reply) {
    const cost = document.querySelector("[data-cost]"), first = cost.textContent;
    const odd = (text) => [...new Set(text)].filter((one) => !basic.has(one) && !extension.has(one)).slice(0, 5).join(" ");
    const count = () => {
      if (reply.dataset.counted !== "sms") return;
      const told = parts(reply.value);
      cost.textContent = !reply.value ? first : `${told.length} characters, ${told.count} SMS part${told.count > 1 ? "s" : ""}.` +
        (told.plain ? "" : ` Only 70 fit in a part, because of: ${odd(reply.value)}`);
    };
    reply.addEventListener("input", count);
    reply.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) reply.form.requestSubmit();
    });
    count();
    const go = reply.form.querySelector("button[type=submit]");
    reply.form.addEventListener("submit", () => { go.disabled = true; });
    addEventListener("pageshow", () => { go.disabled = false; });
    if (document.querySelector(".thread li")) scrollTo(0, document.documentElement.scrollHeight);
  }
})();
