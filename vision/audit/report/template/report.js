"use strict";
{
  const form = document.querySelector(".filter");
  const cards = [...document.querySelectorAll(".card")].map((card) => ({
    card,
    findings: [...card.querySelectorAll("[data-kind]")],
  }));
  const violations = [...document.querySelectorAll("[data-of]")];
  const apply = () => {
    const kind = form.elements.kind.value;
    const least = Number(form.elements.score.value);
    form.querySelector("output").textContent = `${least}${form.dataset.percent}`;
    let shown = 0;
    for (const { card, findings } of cards) {
      let matching = 0;
      for (const finding of findings) {
        const fits =
          (kind === "all" || kind === "any" || kind === finding.dataset.kind) &&
          Number(finding.dataset.score) * 100 >= least;
        finding.hidden = !fits;
        matching += fits;
      }
      const clean = findings.length === 0;
      const visible = kind === "none" ? clean : matching > 0 || (kind === "all" && least === 0);
      card.hidden = !visible;
      shown += visible;
    }
    for (const one of violations) {
      const meant = kind === "all" || kind === "any" || kind === one.dataset.of;
      one.hidden = !meant || Number(one.dataset.least) * 100 < least;
    }
    document.getElementById("shown").textContent = shown;
    document.querySelector(".nothing").hidden = shown > 0;
  };
  form.hidden = false;
  if (!form.elements.kind.value) {
    form.elements.kind.value = cards.some((c) => c.findings.length) ? "any" : "all";
  }
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  apply();
  // A page that was sent on alone has no folder beside it: one picture of it tells.
  const sample = document.querySelector(".photo, .shot, .shots a");
  if (sample) {
    const probe = new Image();
    probe.addEventListener("error", () => {
      document.querySelector(".alone").hidden = false;
    });
    probe.src = sample.href;
  }
  const lost = ({ target }) => {
    if (target.tagName === "IMG") target.hidden = true;
  };
  document.addEventListener("error", lost, true);
}
