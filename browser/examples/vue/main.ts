// Mounts the card in a page of Vue, on the session of this tab.
import "../card.css"
import { createApp } from "vue"
import { session } from "../tab/session.ts"
import SessionCard from "./SessionCard.vue"

const language = document.documentElement.lang
createApp(SessionCard, { session, now: Date.now, startedAt: Date.now(), language }).mount(
  document.body.appendChild(document.createElement("main")),
)
