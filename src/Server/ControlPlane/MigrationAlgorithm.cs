namespace Unkey.Server.ControlPlane;

/// <summary>What the hashes of an import were made by; the spellings of the contract. Constant.</summary>
internal static class MigrationAlgorithm
{
    /// <summary>Base64 of the SHA-256 of the whole key: how keys are kept anyway.</summary>
    public const string Sha256 = "sha256";

    /// <summary>Lower-case hexadecimal SHA-256 of what follows the last underscore of the key.</summary>
    public const string PrefixedApiKey = "github.com/seamapi/prefixed-api-key";
}
