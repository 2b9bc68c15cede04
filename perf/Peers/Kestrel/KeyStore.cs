using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Security.Cryptography;

namespace Unkey.Peers.Kestrel;

/// <summary>All keys by digest: those of the file, filled up with random ones to the size asked for.</summary>
internal sealed class KeyStore
{
    private readonly ConcurrentDictionary<KeyDigest, StoredKey> _keys;
    private readonly ConcurrentDictionary<KeyDigest, string> _rootKeys = new();

    private KeyStore(int capacity) => _keys = new ConcurrentDictionary<KeyDigest, StoredKey>(1, capacity);

    internal static KeyStore Load(string path, string rootKey, int fillTo)
    {
        KeyStore store = new(Math.Max(fillTo, 1000));
        store._rootKeys[KeyDigest.Of(rootKey)] = "api.*.verify_key";
        string[] permissions = ["documents.read", "documents.write"];
        HashSet<string> set = [.. permissions];
        foreach (string key in File.ReadLines(path))
        {
            store.Add(KeyDigest.Of(key), permissions, set);
        }

        byte[] digest = new byte[32];
        for (int i = store._keys.Count; i < fillTo; i++)
        {
            RandomNumberGenerator.Fill(digest);
            store.Add(KeyDigest.Of(digest), permissions, set);
        }

        return store;
    }

    internal bool IsRootKey(string key) => _rootKeys.TryGetValue(KeyDigest.Of(key), out string? grant) && grant == "api.*.verify_key";

    internal StoredKey? Find(string key) => _keys.TryGetValue(KeyDigest.Of(key), out StoredKey? found) ? found : null;

    private void Add(KeyDigest digest, string[] permissions, HashSet<string> set)
    {
        string id = "key_" + ((ulong)digest.B).ToString("x16", CultureInfo.InvariantCulture);
        _keys[digest] = new StoredKey(id, permissions, set, 1_000_000, 60_000);
    }
}
