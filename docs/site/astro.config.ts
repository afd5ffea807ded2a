import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import preact from "@astrojs/preact"
import starlight from "@astrojs/starlight"
import { defineConfig, passthroughImageService } from "astro/config"
import { type Entry, type Group, isGroup } from "./Sidebar.ts"

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const groups: ReadonlyArray<Group> = JSON.parse(readFileSync(at("../.site/sidebar.json"), "utf8"))

type Item = { label: string; slug: string } | { label: string; items: Array<Item>; collapsed: boolean }

const itemOf = (item: Entry | Group): Item =>
  isGroup(item)
    ? { label: item.label, items: item.items.map(itemOf), collapsed: item.collapsed ?? false }
    : { label: item.label, slug: item.slug }

// Before the first paint, so that nothing jumps.
const face = `document.documentElement.dataset.face=function(){try{return localStorage.getItem("pbx-auth-face")}catch{}}()==="promises"?"promises":"effect"`

export default defineConfig({
  root: at("."),
  srcDir: at("../.site/src"),
  publicDir: at("../.site/public"),
  outDir: at("../.site/dist"),
  cacheDir: at("../.site/cache"),
  vite: { cacheDir: at("../.site/vite") },
  trailingSlash: "always",
  // No page asks for anything outside: no fonts, no pictures, no counting.
  devToolbar: { enabled: false },
  // The pictures are drawings, and stay as they are.
  image: { service: passthroughImageService() },
  // A site that stands below a path names it: `BASE=/pbx-auth node docs/site/build.ts`.
  ...(process.env.BASE === undefined ? {} : { base: process.env.BASE }),
  integrations: [
    {
      name: "own-pages",
      hooks: {
        "astro:config:setup": ({ injectRoute }) => {
          injectRoute({ pattern: "/", entrypoint: at("FrontPage.astro"), prerender: true })
          injectRoute({ pattern: "/404", entrypoint: at("NotFound.astro"), prerender: true })
        },
      },
    },
    preact(),
    // A site that does not know its own address has no sitemap. Starlight would add one, and warn at each build.
    { name: "@astrojs/sitemap", hooks: {} },
    starlight({
      title: "pbx-auth",
      favicon: "/favicon.svg",
      sidebar: groups.map(itemOf),
      customCss: [at("theme.css")],
      head: [{ tag: "script", content: face }],
      components: {
        PageTitle: at("PageTitle.astro"),
        SocialIcons: at("FaceSwitch.astro"),
      },
      tableOfContents: { minHeadingLevel: 2, maxHeadingLevel: 3 },
      disable404Route: true,
      lastUpdated: false,
      credits: false,
      expressiveCode: {
        themes: ["github-dark-default", "github-light-default"],
        shiki: { langAlias: { crontab: "bash" } },
        // A frame that looks like a terminal says nothing. A line that is cut off hides what a reader needs.
        defaultProps: { wrap: true, overridesByLang: { "sh,bash,text,txt,console": { frame: "none" } } },
        styleOverrides: { borderRadius: "0.5rem", codeFontSize: "0.84rem", codeLineHeight: "1.6" },
      },
    }),
  ],
})
