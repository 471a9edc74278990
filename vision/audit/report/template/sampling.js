"use strict";
{
  const form = document.querySelector("form");
  const chosen = () => [...form.querySelectorAll("input:checked")];
  form.addEventListener("input", () => {
    form.querySelector(".save b").textContent = chosen().length;
  });
  form.querySelector("button").addEventListener("click", () => {
    const answers = chosen().map((input) => ({
      sha256: input.name,
      answer: input.value,
      kind: input.dataset.kind ?? "",
    }));
    const sheet = {
      schema_version: "streetwarden.audit.checked/1",
      audit: form.dataset.audit,
      answers,
    };
    const file = new Blob([JSON.stringify(sheet, null, 1)], { type: "application/json" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = `checked-${form.dataset.audit}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
}
