"""The words that captions are made of: every attribute's synonyms, fillers, and junk that means nothing."""

PLACE_WORDS = {
    "mountains": ["mountains", "a mountain landscape", "a mountain range", "mountain peaks", "tall mountains", "the alps"],
    "snowy mountains": ["snowy mountains", "snow-capped mountains", "snow capped peaks", "mountains with snow", "icy mountains"],
    "hills": ["rolling hills", "green hills", "hills", "a valley", "the countryside", "meadows"],
    "desert": ["a desert", "sand dunes", "desert dunes", "dunes", "the sahara desert"],
    "city": ["a city", "a city skyline", "skyscrapers", "a big city", "a downtown skyline", "a metropolis"],
    "cyberpunk": ["a cyberpunk city", "a neon city", "a cyberpunk skyline", "a futuristic city", "a sci-fi city with neon lights"],
    "sea": ["the sea", "the ocean", "a seascape", "the coast", "an ocean", "a beach", "waves on the sea"],
    "lake": ["a lake", "a calm lake", "a river", "a mountain lake", "a lake with reflections"],
    "forest": ["a forest", "a pine forest", "the woods", "a dark forest", "a deep forest"],
    "savanna": ["a savanna", "the african savanna", "the savannah", "grassland", "the serengeti"],
}  # fmt: skip
KIND_WORDS = {
    "lighthouse": ["lighthouse", "lighthouse", "light house", "tall lighthouse"],
    "sailboat": ["sailboat", "boat", "sailing boat", "ship", "yacht"],
    "cabin": ["cabin", "house", "small house", "cottage", "home", "hut"],
    "windmill": ["windmill", "old windmill", "mill"],
    "castle": ["castle", "fortress", "old castle", "medieval castle"],
    "balloon": ["hot air balloon", "balloon", "hot-air balloon"],
    "tent": ["tent", "camping tent", "camp"],
    "church": ["church", "chapel", "small church"],
    "cactus": ["cactus", "tall cactus", "saguaro"],
    "palm": ["palm tree", "palm", "tropical tree", "coconut tree"],
    "pine": ["pine tree", "fir tree", "pine", "evergreen tree", "christmas tree"],
    "acacia": ["acacia tree", "acacia", "lone tree", "tree"],
}
TIME_WORDS = {
    "dawn": ["at dawn", "at sunrise", "in the early morning", "at daybreak", "dawn", "sunrise", "morning"],
    "noon": ["at noon", "in daylight", "on a sunny day", "during the day", "daytime", "midday", "day"],
    "sunset": ["at sunset", "at dusk", "in the evening", "sunset", "dusk", "at golden hour", "evening", "twilight"],
    "night": ["at night", "by night", "at midnight", "night", "in the moonlight", "dark night", "under the night sky"],
}
WEATHER_WORDS = {
    "clear": ["clear sky", "clear", "cloudless"],
    "cloudy": ["clouds", "cloudy", "cloudy sky", "with clouds", "overcast"],
    "rain": ["rain", "rainy", "in the rain", "heavy rain", "raining"],
    "snow": ["snow", "snowing", "snowfall", "winter", "falling snow"],
    "fog": ["fog", "foggy", "mist", "misty", "haze"],
    "storm": ["storm", "stormy", "thunderstorm", "lightning", "in a storm", "during a thunderstorm"],
}
SKY_WORDS = ["{} sky", "{} tones", "{} colors", "{} light", "in {}", "{} palette", "{}"]
STYLE_WORDS = {
    "flat": ["flat illustration", "vector art", "minimalist", "flat design", "illustration"],
    "watercolour": ["watercolor", "watercolour painting", "aquarelle", "painted in watercolor"],
    "pixel art": ["pixel art", "8-bit", "16-bit game art", "retro pixel art"],
    "ink": ["ink drawing", "pencil sketch", "line art", "pen and ink", "sketch"],
}
COLOUR_WORDS = {"purple": ["purple", "violet"], "red": ["red", "crimson"], "blue": ["blue", "navy blue"]}
SIDE_WORDS = {
    "left": ["on the left", "to the left"],
    "right": ["on the right", "to the right"],
    "middle": ["in the middle", "in the center"],
}
STAR_WORDS = ["stars", "starry sky", "starry night", "milky way"]
MOON_WORDS = ["full moon", "the moon", "moon", "a big moon"]
SUN_WORDS = ["the sun", "sun", "a big sun", "a glowing sun"]
PREFIXES = [
    "a beautiful", "beautiful", "a picture of", "a photo of", "digital art of", "a stunning", "amazing", "a lovely",
    "a landscape with", "landscape of", "concept art of", "a scene of", "wallpaper of",
]  # fmt: skip
SUFFIXES = [
    "highly detailed", "4k", "8k", "digital art", "masterpiece", "best quality", "trending on artstation", "concept art",
    "cinematic", "dramatic lighting", "wallpaper", "ultra detailed", "sharp focus", "photorealistic", "stylized",
    "soft light", "vivid colors", "artstation", "hd", "wide angle", "epic", "atmospheric", "volumetric light",
]  # fmt: skip
#: The model cannot draw these; seeing them in training, it learns to go on as if they were not there.
JUNK = (
    "time year people way man thing woman life child world school state family student group country problem hand part "
    "case week company system program work government number point cat dog horse car robot dragon king queen portrait "
    "girl boy face flower bird fish space rocket planet table chair apple coffee cup book new old young big small large "
    "little great tiny giant happy sad walking standing sitting flying looking near far above below inside outside and or "
    "with without in on at over under from the of to for by style render unreal engine studio bokeh anime manga cartoon "
    "vintage modern abstract surreal dreamy magical fantasy moody calm peaceful quiet bright monochrome bridge tower road"
).split()
#: Words that deserve a token of their own although no caption has them yet.
SPARE_WORDS = (
    "building buildings path field fields grass rock rocks cliff cliffs waterfall island islands shore sand skyline street "
    "streets lamp lights shadow reflection wave summer spring autumn cloud thunder sunlight aurora galaxy village town farm "
    "barn garden park jungle canyon volcano cave pond stream swamp brown grey gray cyan magenta turquoise gold silver teal "
    "synthwave vaporwave steampunk car train plane person dog cat bird"
).split()
