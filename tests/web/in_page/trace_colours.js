// How many colours the trace has been drawn with.
() => {
  const canvas = document.querySelector("canvas.trace");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const seen = new Set();
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] > 200) seen.add([data[i] >> 5, data[i + 1] >> 5, data[i + 2] >> 5].join());
  }
  return seen.size;
}
