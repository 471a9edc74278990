// Colours of the page's style, for what draws on a canvas.

/** A colour by its name in the style, as it is in the theme that holds. */
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim() || "#888";
