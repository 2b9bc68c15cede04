using System.Text.Json;
using System.Text.Json.Serialization;
using Unkey.Server.ControlPlane.Requests;

namespace Unkey.Server.ControlPlane.V1.Requests;

/// <summary>Source-generated metadata of the request types that only v1 has.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(V1CreateKeyRequest))]
[JsonSerializable(typeof(V1UpdateKeyRequest))]
[JsonSerializable(typeof(V1UpdateRemainingRequest))]
[JsonSerializable(typeof(V1ListKeysRequest))]
[JsonSerializable(typeof(V1KeyPermissionsRequest))]
[JsonSerializable(typeof(V1KeyRolesRequest))]
[JsonSerializable(typeof(V1CreateIdentityRequest))]
[JsonSerializable(typeof(V1IdentityRequest))]
[JsonSerializable(typeof(V1IdentityIdRequest))]
[JsonSerializable(typeof(V1UpdateIdentityRequest))]
[JsonSerializable(typeof(V1CreatePermissionRequest))]
[JsonSerializable(typeof(V1CreateRoleRequest))]
[JsonSerializable(typeof(V1PermissionRequest))]
[JsonSerializable(typeof(V1RoleRequest))]
[JsonSerializable(typeof(V1EmptyRequest))]
[JsonSerializable(typeof(V1OverrideRequest))]
[JsonSerializable(typeof(V1SetOverrideRequest))]
[JsonSerializable(typeof(V1ListOverridesRequest))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(long))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(RefillInput))]
[JsonSerializable(typeof(V1RatelimitInput))]
internal sealed partial class V1RequestJson : JsonSerializerContext;
