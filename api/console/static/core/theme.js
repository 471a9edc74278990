// Light or dark: as the system says, until somebody chooses here; kept in this browser.

const KEPT = "streetwarden.theme";

export const theme = () => localStorage.getItem(KEPT) ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");

/** Show the page in the theme that holds; call it once before anything is drawn. */
export function applyTheme() {
  document.documentElement.dataset.theme = theme();
}

export function toggleTheme() {
  localStorage.setItem(KEPT, theme() === "dark" ? "light" : "dark");
  applyTheme();
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", applyTheme);
