using System.Text.Json;
using System.Text.Json.Serialization;

namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Source-generated metadata of all request types: binding uses no reflection, and ignores members that the schema admits unread.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(CreateApiRequest))]
[JsonSerializable(typeof(ApiIdRequest))]
[JsonSerializable(typeof(UpdateApiRequest))]
[JsonSerializable(typeof(CreateKeyRequest))]
[JsonSerializable(typeof(GetKeyRequest))]
[JsonSerializable(typeof(UpdateKeyRequest))]
[JsonSerializable(typeof(DeleteKeyRequest))]
[JsonSerializable(typeof(WhoamiRequest))]
[JsonSerializable(typeof(UpdateCreditsRequest))]
[JsonSerializable(typeof(RerollKeyRequest))]
[JsonSerializable(typeof(KeyPermissionsRequest))]
[JsonSerializable(typeof(KeyRolesRequest))]
[JsonSerializable(typeof(MigrateKeysRequest))]
[JsonSerializable(typeof(CreateMigrationRequest))]
[JsonSerializable(typeof(CreateIdentityRequest))]
[JsonSerializable(typeof(IdentityRequest))]
[JsonSerializable(typeof(CreatePermissionRequest))]
[JsonSerializable(typeof(CreateRootKeyRequest))]
[JsonSerializable(typeof(ListRequest))]
[JsonSerializable(typeof(RootKeyIdRequest))]
[JsonSerializable(typeof(CreateWorkspaceRequest))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(long))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(UpdateCreditsInput))]
[JsonSerializable(typeof(RefillInput))]
internal sealed partial class RequestJson : JsonSerializerContext;
