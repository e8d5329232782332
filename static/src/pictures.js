// A picture as PNG: drawn by the browser from the very file that the SVG link gives.
const SHARPNESS = 2;

function loaded(address) {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => resolve(image);
    image.onerror = reject;
    image.src = address;
  });
}

async function drawn(svg) {
  const bytes = new TextEncoder().encode(svg);
  const letters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  const image = await loaded(`data:image/svg+xml;base64,${btoa(letters)}`);
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth * SHARPNESS;
  canvas.height = image.naturalHeight * SHARPNESS;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

function saved(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

for (const button of document.querySelectorAll("[data-png]")) {
  const link = button.parentElement.querySelector("[data-svg]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    const answer = await fetch(link.href);
    if (!answer.ok || answer.redirected) {
      location.assign(link.href);
      return;
    }
    const told = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "");
    saved(await drawn(await answer.text()), (told?.[1] ?? "hinh.svg").replace(/svg$/, "png"));
  });
}
