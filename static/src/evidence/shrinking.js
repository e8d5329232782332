// Photos made small enough for a weak line. What the camera wrote into them (place, device) goes.

const LONGEST = 1600;
const LIGHT = 1024 * 1024;
const QUALITY = 0.8;
const PICTURE = /^image\/(jpeg|png|webp|hei[cf]|bmp|avif)$/;
const TAKEN = /^image\/(jpeg|png|webp)$/; // by the server as they are

/** The file to send: a smaller JPEG of a large photo, else the very same file. */
export async function shrunk(file) {
  if (!PICTURE.test(file.type)) return file;
  const picture = await decoded(file);
  if (!picture) return file; // the server says what is wrong with it
  const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
  const isFine = scale === 1 && file.size <= LIGHT && TAKEN.test(file.type);
  const blob = isFine ? null : await drawn(picture, scale);
  picture.close();
  if (!blob || (scale === 1 && TAKEN.test(file.type) && blob.size >= file.size)) return file;
  return new File([blob], `${file.name.replace(/\.[^.]*$/, '')}.jpg`, { type: 'image/jpeg' });
}

/** Read from the file itself, turned as it was held; a blob address is not needed. */
async function decoded(file) {
  try {
    return await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch {
    // an older browser does not know the word, and turns the picture by itself
  }
  return createImageBitmap(file).catch(() => null);
}

function drawn(picture, scale) {
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const pen = canvas.getContext('2d');
  pen.fillStyle = '#fff'; // where a PNG lets the page show through
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', QUALITY));
}
