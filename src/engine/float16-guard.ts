/**
 * Imported before onnxruntime-node: with a global Float16Array (Node 24 and newer) version 1.30 breaks every fp16 input
 * ("not enough space: expected 8, got 0"; microsoft/onnxruntime #32323). Without it, fp16 travels as Uint16Array.
 */
Reflect.deleteProperty(globalThis, 'Float16Array');
