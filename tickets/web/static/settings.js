import { html } from "./lib.js";
import { switchLanguage, t } from "./i18n.js";
import { switchTheme } from "./theme.js";
import { Icon } from "./parts.js";

export const Settings = () => html`
  <div class="settings">
    <button class="quiet" type="button" onClick=${switchLanguage} title=${t("language.label")}>
      <${Icon} name="globe" />
      ${t("language.switch")}
    </button>
    <button
      class="quiet"
      type="button"
      onClick=${switchTheme}
      aria-label=${t("theme.switch")}
      title=${t("theme.switch")}
    >
      <${Icon} name="theme" />
    </button>
  </div>
`;
