/** The name by which calls and model-local functions find each other. */

/** `domain::name`, with the overload behind it where there is one. */
export function functionKey(domain: string, name: string, overload: string): string {
  return `${domain}::${name}${overload === '' ? '' : `:${overload}`}`;
}
