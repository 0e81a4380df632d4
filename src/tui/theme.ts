/** The UI's few colours: the red of a darkroom's lamp for what is alive, plain text for what is read. */
export const THEME = {
  accent: '#ff6b57',
  warm: '#ffb86c',
  done: '#8fce9a',
  error: '#ff5c5c',
} as const;
