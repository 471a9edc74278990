"use strict";
// Before lies over after, and is shown left of the seam: as the slider goes right, more of it.
for (const pair of document.querySelectorAll(".pair:not(.one)")) {
  const stack = pair.querySelector(".stack");
  const slider = pair.querySelector("input");
  const show = () => stack.style.setProperty("--seam", `${slider.value}%`);
  const follow = (event) => {
    const { left, width } = stack.getBoundingClientRect();
    slider.value = Math.round(((event.clientX - left) / width) * 100);
    show();
  };
  stack.addEventListener("pointerdown", (event) => {
    stack.setPointerCapture(event.pointerId);
    follow(event);
    slider.focus({ preventScroll: true });
    event.preventDefault();
  });
  stack.addEventListener("pointermove", (event) => {
    if (stack.hasPointerCapture(event.pointerId)) follow(event);
  });
  slider.addEventListener("input", show);
  slider.hidden = false;
  pair.classList.add("live");
  show();
}
