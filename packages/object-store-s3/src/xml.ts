import { ObjectStoreError } from '@millrace/object-store'

/** An element of an answer: its text, and its children by name. */
export interface XmlElement {
  readonly name: string
  readonly text: string
  readonly children: readonly XmlElement[]
}

/** Deeper nesting than any answer of S3 has. */
const MAX_DEPTH = 16

const ENTITIES: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
}

/**
 * Reads an answer of S3. Lenient where servers differ (elements that are not known, their order, namespaces), strict where
 * XML is dangerous: no DOCTYPE, no entities but the predefined ones, bounded depth.
 *
 * @param text - the document
 * @returns its root
 * @throws {ObjectStoreError} `CORRUPT` where it is no such document
 */
export function parseAnswer(text: string): XmlElement {
  const stack: { name: string; text: string; children: XmlElement[] }[] = []
  const token =
    /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)([^\s/>!?]+)[^>]*?(\/?)>|([^<]+)/gy
  let at = 0
  let root: XmlElement | undefined
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    at = token.lastIndex
    const [, cdata, closing, name, empty, characters] = match
    const top = stack.at(-1)
    if (cdata !== undefined || characters !== undefined) {
      if (top !== undefined) top.text += cdata ?? decode(characters as string)
      else if ((characters ?? cdata ?? '').trim() !== '') throw malformed('text outside the root')
      continue
    }
    if (name === undefined) continue
    const local = name.slice(name.indexOf(':') + 1)
    if (closing === '/') {
      const element = stack.pop()
      if (element?.name !== local) throw malformed(`</${local}> closes nothing`)
      const parent = stack.at(-1)
      if (parent === undefined) root = element
      else parent.children.push(element)
      continue
    }
    if (root !== undefined) throw malformed('two roots')
    if (stack.length >= MAX_DEPTH) throw malformed('nested too deeply')
    const element = { name: local, text: '', children: [] }
    if (empty !== '/') stack.push(element)
    else if (top === undefined) root = element
    else top.children.push(element)
  }
  if (at !== text.length || root === undefined || stack.length > 0)
    throw malformed('cut off or not XML')
  return root
}

/** The text of the first child of this name; undefined where there is none. */
export function textOf(element: XmlElement, name: string): string | undefined {
  return element.children.find((child) => child.name === name)?.text
}

/** The text of a child that must be there. */
export function requiredText(element: XmlElement, name: string): string {
  const text = textOf(element, name)
  if (text === undefined) throw malformed(`<${element.name}> has no <${name}>`)
  return text
}

export function childrenOf(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name)
}

/** Text as content of an element. */
export function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (char) => `&#${char.charCodeAt(0)};`)
}

function decode(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(
    /&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(\w{1,8}));/g,
    (_, hex, decimal, name) => {
      const value =
        name === undefined
          ? String.fromCodePoint(
              Math.min(0x10ffff, hex ? Number.parseInt(hex, 16) : Number(decimal)),
            )
          : ENTITIES[name]
      if (value === undefined) throw malformed(`unknown entity ${name}`)
      return value
    },
  )
}

function malformed(what: string): ObjectStoreError {
  return new ObjectStoreError('CORRUPT', `Server answered XML that cannot be read: ${what}`)
}
