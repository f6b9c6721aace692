declare module '*.worker?source' {
  /** The bundled worker as text, for a Blob URL. */
  const source: string;
  export default source;
}
