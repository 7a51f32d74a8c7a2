// Plays the story in a Worker, as the client of a backend that runs elsewhere.

import { play } from "./story.mjs";

export default {
  async fetch(request) {
    const parameters = new URL(request.url).searchParams;
    return Response.json(await play(parameters.get("url"), parameters.get("name")));
  },
};
