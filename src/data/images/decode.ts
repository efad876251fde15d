/** Reads image files with sharp, as far as the pixels; everything after that is llmc's own. */
import { readFile } from 'node:fs/promises';
import { LlmcError } from '../../errors.ts';
import type { Pixels } from './pixels.ts';

/** What image files are called. */
export const IMAGE_EXTENSIONS = ['.jpg', '.jpeg', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif'];

type Sharp = typeof import('sharp')['default'];

let loading: Promise<Sharp> | undefined;

/** LlmcError UNSUPPORTED where sharp is not installed: it is an optional dependency. */
function loadSharp(): Promise<Sharp> {
  loading ??= import('sharp').then(
    (module) => module.default,
    (cause: unknown) => {
      throw new LlmcError('UNSUPPORTED', 'images need the package sharp, which is not installed here', {
        hint: 'npm install sharp',
        cause,
      });
    },
  );
  return loading;
}

/** Of the libraries that decode, by name: pixels may differ between them. */
export async function decoderVersions(): Promise<Readonly<Record<string, string | undefined>>> {
  return { ...(await loadSharp()).versions };
}

/**
 * The pixels of an image, 8 bits each, turned as its Exif orientation says. Alpha is dropped and colour profiles are
 * ignored, as Pillow does it. Of animations the first picture.
 * @throws LlmcError DATA for what is no image, or is cut short
 */
export async function decodeImage(path: string): Promise<Pixels> {
  const sharp = await loadSharp();
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new LlmcError('FILE_NOT_FOUND', `cannot read ${path}`, { hint: 'check its permissions', cause });
  });
  if (bytes.length === 0) throw corrupt(path, 'it is empty');
  try {
    const image = sharp(bytes, { ignoreIcc: true, failOn: 'truncated' }).autoOrient();
    const { space } = await image.metadata();
    // Inks are asked for as they are stored; libvips would make colours of them by a profile.
    const wanted =
      space === 'cmyk'
        ? image.pipelineColourspace('cmyk').toColourspace('cmyk')
        : image.removeAlpha().toColourspace('srgb');
    const { data, info } = await wanted.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    if (channels === 4) return { width, height, channels: 3, data: colours(data) };
    if (channels !== 1 && channels !== 3) throw new Error(`it has ${channels} channels`);
    return { width, height, channels, data };
  } catch (cause) {
    throw corrupt(path, (cause as Error).message.split('\n')[0] ?? '', cause);
  }
}

/** Red, green and blue from inks, as Pillow makes them: (255 - ink) less its share of the black. */
function colours(inks: Uint8Array): Uint8Array {
  const result = new Uint8Array((inks.length / 4) * 3);
  for (let from = 0, to = 0; from < inks.length; from += 4) {
    const light = 255 - (inks[from + 3] as number);
    for (let ink = 0; ink < 3; ink++) {
      const product = (inks[from + ink] as number) * light + 128;
      result[to++] = light - (((product >> 8) + product) >> 8);
    }
  }
  return result;
}

function corrupt(path: string, why: string, cause?: unknown): LlmcError {
  return new LlmcError('DATA', `cannot decode ${path}: ${why}`, {
    hint: 'leave it out, or save it again as PNG or JPEG',
    cause,
  });
}
