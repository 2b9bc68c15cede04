using System;

namespace Unkey.Engine.Keys;

/// <summary>Yes-or-no properties of a key.</summary>
[Flags]
internal enum KeyFlags : ushort
{
    /// <summary>No property.</summary>
    None = 0,

    /// <summary>The key is not disabled.</summary>
    Enabled = 1,

    /// <summary>The key authenticates API calls.</summary>
    RootKey = 2,

    /// <summary>The key has a role, so its fragment lists roles.</summary>
    Roles = 4,

    /// <summary>The record has a legacy fragment.</summary>
    LegacyFragment = 8,

    /// <summary>The key has the permission <c>api.*.verify_key</c>, which is asked for with every verification.</summary>
    VerifiesEveryApi = 16,

    /// <summary>The key has the permission <c>ratelimit.*.limit</c>, which is asked for with every rate-limit check.</summary>
    LimitsEveryNamespace = 32,
}
