/** A page's links as the site has them. What is no page there keeps its words, and the repository's path beside them. */
import { frontPage, type SitePage, targetOf } from "./SitePage.ts"

/** How a link to a page of the site is written. */
export type Way = (page: SitePage, anchor: string) => string

const token = /(!?)\[((?:`[^`]*`|[^[\]`])*)\]\(([^)\s]+)\)|(`+)[\s\S]*?\4|((?:src|href)=")([^"]+)"/g

/** The playground with something set up, on the front page: `/?provider=skyswitch&do=sign-in`. */
const isPlay = (link: string) => link.startsWith("/?")

const isOutside = (link: string) => /^([a-z]+:|\/)/.test(link)

/** The prose of `source` with its links rewritten. Code and pictures stay. */
export const relink = (source: string, prose: string, way: Way): string =>
  prose.replace(token, (whole, bang: string | undefined, words: string, link: string, _code, html, attribute) => {
    if (html !== undefined) {
      if (isOutside(attribute) || /\.svg$/.test(attribute)) return whole
      const target = targetOf(source, attribute)
      return "folder" in target ? whole : `${html}${way(target.page, target.anchor)}"`
    }
    if (link !== undefined && isPlay(link)) return `[${words}](${way(frontPage, link.slice(1))})`
    if (link === undefined || bang === "!" || isOutside(link)) return whole
    if (link.startsWith("#")) return whole
    const target = targetOf(source, link)
    if ("folder" in target) return words.includes(target.folder) ? words : `${words} (\`${target.folder}\`)`
    return `[${words}](${way(target.page, target.anchor)})`
  })

/** The pages that a text links to. */
export const linksOf = (source: string, prose: string): ReadonlyArray<SitePage> => {
  const pages: Array<SitePage> = []
  relink(source, prose, (page) => {
    if (page !== frontPage) pages.push(page)
    return ""
  })
  return pages
}

/** The pictures that a text shows, by their links. */
export const picturesOf = (prose: string): ReadonlyArray<string> =>
  [...prose.matchAll(token)].flatMap(([, bang, , link = ""]) => (bang === "!" && !isOutside(link) ? [link] : []))
