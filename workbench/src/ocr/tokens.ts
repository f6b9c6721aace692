/** What a desk shows, and how it is created in a kernel. */
export interface IDeskKind {
  /** The name of the desk in “Open With”. */
  readonly factory: string;
  /** The call that creates it, of a file and a language as literals. */
  readonly call: (file: string, language: string) => string;
  /** Ends the path of the session, so that a file can be on two desks. */
  readonly session: string;
  /** The file types of JupyterLab that it opens. */
  readonly fileTypes: readonly string[];
}

const PICTURES = ['png', 'jpeg', 'webp', 'tiff', 'bmp', 'gif'] as const;

/** Lines of text in pictures and PDFs. */
export const OCR_DESK: IDeskKind = {
  factory: 'OCR Desk',
  call: (file, language) => `OcrDesk([${file}], lang=${language})`,
  session: '',
  fileTypes: [...PICTURES, 'PDF']
};

/** Boxes of goods: a COCO file, or the folder of a picture. */
export const GOODS_DESK: IDeskKind = {
  factory: 'Goods Desk',
  call: (file, language) => `GoodsDesk(${file}, lang=${language})`,
  session: '.goods',
  fileTypes: [...PICTURES, 'json']
};
