// How Vite hands what goes to the provider on to the emulator, for docs/first-screen.md. A page may ask the provider itself if the
// provider answers its origin (CORS).
import react from "@vitejs/plugin-react"
import { defineConfig } from "vite"

export default defineConfig({
  plugins: [react()],
  server: { proxy: { "/ns-api": "http://127.0.0.1:4000" } },
})
