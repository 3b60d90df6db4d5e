// What an injected text would try: code in the page, markup, a request elsewhere.
async () => {
  const tried = {};
  const code = document.createElement("script");
  try {
    code.textContent = "window.broken = 1";
  } catch (error) {
    // refused before it is even put in
  }
  document.body.append(code);
  tried.code = typeof window.broken;
  try {
    document.body.innerHTML = "<b>x</b>";
    tried.markup = "made";
  } catch (error) {
    tried.markup = "refused";
  }
  try {
    await fetch("http://127.0.0.1:9/");
    tried.request = "went";
  } catch (error) {
    tried.request = "refused";
  }
  return tried;
}
