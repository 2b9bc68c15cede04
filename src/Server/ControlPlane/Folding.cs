namespace Unkey.Server.ControlPlane;

/// <summary>The folded spelling under which slugs and role names are unique and found. Stateless, any thread.</summary>
internal static class Folding
{
    /// <summary>Removes differences of letter case, independent of any culture.</summary>
    public static string Key(string text) => text.ToLowerInvariant();
}
