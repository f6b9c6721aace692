/** Of what the output of a widget carries: a `BundleOutput`. */
export const BUNDLE_MIME_TYPE = 'application/vnd.paddle-workbench.bundle+json';
