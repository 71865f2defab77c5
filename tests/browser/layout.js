// What a reader would stumble over: cut off or overlapping words, and how each ink stands out from the ground.
// Loaded by the tests into the page; returns lists of what is wrong.
window.layout = {
  cutOff() {
    const bad = [];
    const right = window.innerWidth + 1;
    for (const text of document.querySelectorAll("svg.main-svg text")) {
      const box = text.getBoundingClientRect();
      const style = getComputedStyle(text);
      if (!box.width || style.visibility === "hidden" || +style.opacity === 0) continue;
      const chart = text.closest(".stPlotlyChart").getBoundingClientRect();
      const isInside = box.left >= chart.left - 1 && box.right <= Math.min(chart.right, right) + 1
        && box.top >= chart.top - 1 && box.bottom <= chart.bottom + 1;
      if (!isInside) bad.push(text.textContent);
    }
    for (const box of document.querySelectorAll('h1, h2, h3, p, [data-testid="stMetricValue"] *')) {
      const style = getComputedStyle(box);
      if (style.visibility === "hidden") continue;
      const at = box.getBoundingClientRect();
      if (at.width && at.right > right) bad.push(box.textContent);
      if (box.scrollWidth > box.clientWidth + 1 && style.overflow === "hidden") bad.push("cut: " + box.textContent);
    }
    if (document.documentElement.scrollWidth > window.innerWidth) bad.push("the page is wider than the window");
    return bad;
  },

  overlapping() {
    const bad = [];
    for (const axis of document.querySelectorAll(".xaxislayer-above, .yaxislayer-above")) {
      const boxes = [...axis.querySelectorAll("text")]
        .filter((text) => getComputedStyle(text).visibility !== "hidden")
        .map((text) => [text.textContent, text.getBoundingClientRect()])
        .filter(([, box]) => box.width);
      boxes.forEach(([one, a], i) => boxes.slice(i + 1).forEach(([other, b]) => {
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (across > 1 && down > 1) bad.push(one + " / " + other);
      }));
    }
    return bad;
  },

  contrasts() {
    const channel = (value) => {
      const part = value / 255;
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    };
    const light = (colour) => {
      const [r, g, b] = colour.match(/[\d.]+/g).slice(0, 3).map(Number).map(channel);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = light(getComputedStyle(document.querySelector(".stApp")).backgroundColor);
    const against = (ink) => (Math.max(ground, ink) + 0.05) / (Math.min(ground, ink) + 0.05);
    const inks = {};
    for (const text of document.querySelectorAll(".xtick text, .ytick text, .g-xtitle text, text.legendtext")) {
      inks[getComputedStyle(text).fill] = against(light(getComputedStyle(text).fill));
    }
    for (const text of document.querySelectorAll('h2, [data-testid="stMetricValue"]')) {
      inks[getComputedStyle(text).color] = against(light(getComputedStyle(text).color));
    }
    return inks;
  },
};
