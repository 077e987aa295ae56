// THEME: light, dark, or as the system has it. Kept on this machine; it is no secret.

const NAME = "chiphour-theme";
export type Theme = "system" | "light" | "dark";

class Appearance {
  theme = $state<Theme>(kept());
  #system = matchMedia("(prefers-color-scheme: dark)");
  #systemDark = $state(this.#system.matches);
  dark = $derived(this.theme === "system" ? this.#systemDark : this.theme === "dark");

  constructor() {
    this.#system.addEventListener("change", (event) => (this.#systemDark = event.matches));
    this.#show();
  }

  choose(theme: Theme): void {
    this.theme = theme;
    try {
      localStorage.setItem(NAME, theme);
    } catch {
      // A browser that keeps nothing still shows it.
    }
    this.#show();
  }

  #show(): void {
    if (this.theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = this.theme;
  }
}

function kept(): Theme {
  try {
    const found = localStorage.getItem(NAME);
    return found === "light" || found === "dark" ? found : "system";
  } catch {
    return "system";
  }
}

export const appearance = new Appearance();

/** The colour that a token has now; for what is drawn on a canvas. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
