/** What the layout tells the commands: written by whoever lays the screen out, read when a key is pressed. */
export interface Measures {
  /** Cells of a line of the prompt. */
  promptColumns: number;
  /** Pictures side by side in the gallery. */
  galleryColumns: number;
  /** Of the text that lies over the screen. */
  pages: number;
}
