"""What transformers makes of tokenizer folders with all kinds of special and added tokens. `python clip_tokenizers.py OUT.json`.

Each case is tiny-sd/tokenizer with the files of the case over it; a `tokenizer.json` is written without its model (the vocabulary
and the merges of tiny-sd). pip: transformers 5.24.0, tokenizers 0.23.3. CLIPTokenizerFast of transformers 4.57.6 gives the same ids, but for
marks in upper case and for a tokenizer.json whose tokens the config's added_tokens_decoder leaves out.
"""
import copy, json, os, shutil, sys, tempfile
import transformers
from transformers import CLIPTokenizer

transformers.logging.set_verbosity_error()
BASE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../tiny-sd/tokenizer')
vocab = json.load(open(f'{BASE}/vocab.json'))
merges = [line.split() for line in open(f'{BASE}/merges.txt').read().strip().split('\n')[1:]]
S, E = '<|startoftext|>', '<|endoftext|>'
CONFIG = dict(tokenizer_class='CLIPTokenizer', model_max_length=77, bos_token=S, eos_token=E, unk_token=E, pad_token=E)


def token(content, **flags):
    return dict(content=content, lstrip=False, normalized=False, rstrip=False, single_word=False, special=False) | flags


MARKS = {'636': token(S, special=True), '637': token(E, special=True)}


def config(**more):
    return {'tokenizer_config.json': CONFIG | more}


def decoder(**more):
    return dict(added_tokens_decoder=MARKS | {i[1:]: t for i, t in more.items()})


def whole(*added):
    marks = [dict(id=int(i), **t) for i, t in MARKS.items()]
    return {'tokenizer.json': dict(version='1.0', added_tokens=marks + list(added))}


PAD_MAP = {'special_tokens_map.json': dict(pad_token='!')}
CASES = {
    'plain': config(),
    'no config at all': {},
    'pad of the config': config(pad_token='!'),
    'pad of the map, which wins': config() | PAD_MAP,
    'pad of the map as an object': config() | {'special_tokens_map.json': dict(pad_token=token('!'))},
    'an added_tokens_decoder silences the map': config(**decoder()) | PAD_MAP,
    'pad and its rules in the decoder': config(pad_token='!', **decoder(_0=token('!', special=True))),
    'marks found in lower case': config(**decoder(_636=token(S, special=True, normalized=True))),
    'marks with their type': config(bos_token=dict(__type='AddedToken', **token(S, normalized=True)), pad_token='!'),
    'unk is a character': config(unk_token='?'),
    'additional special tokens of the vocabulary': config(additional_special_tokens=['#', 'lake</w>']),
    'extra special tokens': config(extra_special_tokens=['#']),
    'extra special tokens by name': config(extra_special_tokens=dict(image_token='#')),
    'mask, separator, class': config(sep_token='#', cls_token='$', mask_token='%'),
    'special tokens within each other': config(additional_special_tokens=['<a', '<a>', 'a>b']),
    'textual inversions of added_tokens.json': config() | {'added_tokens.json': {'<Cat-Toy>': 638, 'sks Dog': 639}},
    'one of them special': config(additional_special_tokens=['<Cat-Toy>']) | {'added_tokens.json': {'<Cat-Toy>': 638, 'sks Dog': 639}},
    'textual inversions of the decoder': config(**decoder(_638=token('<Cat-Toy>'), _639=token('sks Dog', normalized=True))),
    'single words and eaten spaces': config(**decoder(
        _638=token('red', single_word=True, normalized=True), _2=token('#', lstrip=True, rstrip=True), _639=token('<lake>', lstrip=True, normalized=True))),
    'tokenizer.json alone': config() | whole(),
    'tokenizer.json and the map': config() | whole() | PAD_MAP,
    'textual inversions of tokenizer.json': config() | whole(dict(id=638, **token('<Cat-Toy>')), dict(id=639, **token('red', single_word=True, normalized=True))),
    'tokenizer.json and added_tokens.json': config() | whole(dict(id=638, **token('<x>'))) | {'added_tokens.json': {'<y>': 639}},
    'the decoder before tokenizer.json': config(**decoder(_638=token('<Cat-Toy>'))) | whole(dict(id=638, **token('<Cat-Toy>')), dict(id=639, **token('sks Dog'))),
}
PROMPTS = ['wow!!', 'hello,!', '?!', 'a!b!c', '!', 'a red lake at night', 'a <Cat-Toy> by <cat-toy>', 'x<Cat-Toy>y', 'sks Dog sks dog SKS DOG asks dogs',
    'a # b', 'a#b', 'a  <lake>  b <LAKE>', 'lake</w> x', '<|startoftext|> a <|STARTOFTEXT|> b', '<|endoftext|>a', 'a\u00a0b\ufeffc\u0085d', '\ufeffa',
    'ΑΣ ΣΑΣ', 'İstanbul ǅ ﬁ', '湖のそば', '🏠 café cafe\u0301', "it's we'LL", '<a><a>b <a b', '100 % $5', '<x><y>', '  ', '', 'a\tb\nc', 'red redder, red', '％！', 'a_b-c']


def put(folder, files):
    for name, value in files.items():
        if name == 'tokenizer.json':
            value = copy.deepcopy(value) | dict(model=dict(type='BPE', unk_token=E, end_of_word_suffix='</w>', vocab=vocab, merges=merges))
        json.dump(value, open(f'{folder}/{name}', 'w'))
    if 'tokenizer.json' not in files:
        for name in ('vocab.json', 'merges.txt'):
            shutil.copy(f'{BASE}/{name}', folder)


def saved_by_transformers():
    """What save_pretrained writes: since version 5 no vocab.json, no merges.txt."""
    with tempfile.TemporaryDirectory() as before, tempfile.TemporaryDirectory() as after:
        put(before, config(pad_token='!'))
        tokenizer = CLIPTokenizer.from_pretrained(before)
        tokenizer.add_tokens(['<Cat-Toy>', 'sks Dog'])
        tokenizer.save_pretrained(after)
        files = {name: json.load(open(f'{after}/{name}')) for name in sorted(os.listdir(after))}
        model = files['tokenizer.json'].pop('model')
        assert model['vocab'] == vocab and model['merges'] == merges
        return files


def answer(name, files):
    with tempfile.TemporaryDirectory() as folder:
        put(folder, files)
        tokenizer = CLIPTokenizer.from_pretrained(folder)
        ids = {prompt: tokenizer(prompt, add_special_tokens=False).input_ids for prompt in PROMPTS}
        marks = dict(bos=tokenizer.bos_token_id, eos=tokenizer.eos_token_id, pad=tokenizer.pad_token_id)
        return dict(name=name, files=files, **marks, ids=ids)


cases = [answer(name, files) for name, files in (CASES | {'saved by transformers 5': saved_by_transformers()}).items()]
head = dict(made_by='tooling/clip_tokenizers.py', transformers=transformers.__version__)
rows = ',\n'.join(json.dumps(case, ensure_ascii=False) for case in cases)
open(sys.argv[1], 'w').write(f'{json.dumps(head)[:-1]}, "cases": [\n{rows}\n]}}\n')
