/** What stands in the playground's place while it is not built. */
export default () => <p>The playground is not built yet.</p>
