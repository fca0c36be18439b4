import SwaggerUi from 'swagger-ui-dist/swagger-ui-es-bundle.js';
import 'swagger-ui-dist/swagger-ui.css';
import './docs.css';
import { markupPlugin } from './docs-markup.ts';
import { findToken } from './tokens.ts';

/** GET /docs: every endpoint, to read and to try, by Swagger UI from /openapi.json. */

const dark = matchMedia('(prefers-color-scheme: dark)');
const followScheme = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', followScheme);
followScheme();

const viewer = SwaggerUi({
  url: 'openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  // What somebody wants to see first is the list.
  defaultModelsExpandDepth: -1,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  // A validator on somebody else's host would be asked about this document.
  validatorUrl: null,
  plugins: [markupPlugin],
  onComplete: () => {
    const token = findToken('predictions');
    if (token) viewer.preauthorizeApiKey('token', token);
  },
});
