using System.Security.Cryptography;

namespace Unkey.Server.ControlPlane;

/// <summary>Makes ids: a prefix, an underscore and nine random characters out of 62. Any thread.</summary>
internal static class Identifiers
{
    private const int RandomChars = 9;
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>A new id of a kind, for example <c>api_A1b2C3d4E</c>.</summary>
    /// <param name="prefix">Kind of record: <c>api</c>, <c>key</c>, <c>ks</c>, <c>ws</c>, <c>id</c>, <c>role</c>, <c>perm</c>, <c>rl</c>, <c>rlns</c>, <c>rlor</c>, <c>log</c> or <c>cor</c>.</param>
    public static string New(string prefix) => $"{prefix}_{RandomNumberGenerator.GetString(Alphabet, RandomChars)}";
}
