// A redirect ends the page, as in Next.
export class Redirected extends Error {}

export function redirect (path) {
  throw new Redirected(path)
}
