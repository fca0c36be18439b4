/** Style sheets, which esbuild puts beside the script that imports them. */
declare module '*.css';

/** The part of Swagger UI (https://github.com/swagger-api/swagger-ui) that the documentation of the API uses. */
declare module 'swagger-ui-dist/swagger-ui-es-bundle.js' {
  export default function SwaggerUi(options: Readonly<Record<string, unknown>>): {
    preauthorizeApiKey(scheme: string, token: string): void;
  };
}
