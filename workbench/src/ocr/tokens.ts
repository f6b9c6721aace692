/** The name of the desk in “Open With”. */
export const FACTORY = 'OCR Desk';

/** The file types of JupyterLab that the desk opens. */
export const FILE_TYPES = [
  'png',
  'jpeg',
  'webp',
  'tiff',
  'bmp',
  'gif',
  'PDF'
] as const;
