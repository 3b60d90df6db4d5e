// The picture that this very page sends, where it has the camera: the preview shows it, and none has to come back.

export const ownPicture = {
  canvas: null,
  /** Told whenever the canvas holds the next picture, or (null) when this page sends none any more. */
  onChange: () => undefined,

  show(canvas) {
    this.canvas = canvas;
    this.onChange();
  },
};
