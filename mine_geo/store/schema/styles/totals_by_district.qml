<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="Symbology|Labeling" labelsEnabled="1">
  <renderer-v2 type="RuleRenderer" symbollevels="0" forceraster="0" enableorderby="0">
    <rules key="{root}">
      <rule key="{rule-0}" symbol="0" label="District · ស្រុក"/>
    </rules>
    <symbols>
      <symbol type="fill" name="0" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleLine" enabled="1" locked="0" pass="0">
          <prop k="capstyle" v="flat"/>
          <prop k="joinstyle" v="round"/>
          <prop k="line_color" v="130,126,115,255"/>
          <prop k="line_style" v="solid"/>
          <prop k="line_width" v="0.525"/>
          <prop k="line_width_unit" v="Point"/>
        </layer>
      </symbol>
    </symbols>
  </renderer-v2>
  <labeling type="simple">
    <settings calloutType="simple">
      <text-style fieldName="array_to_string(array_remove_all(array(coalesce(&#34;district&#34;, &#39;&#39;)), &#39;&#39;), &#39;\n&#39;)" isExpression="1" fontSize="9" fontSizeUnit="Point" fontWeight="50" textColor="85,82,74,255" textOpacity="1" multilineHeight="1" namedStyle="">
        <text-buffer bufferDraw="1" bufferSize="1.5" bufferSizeUnits="Point" bufferColor="255,255,255,255" bufferOpacity="1" bufferJoinStyle="128"/>
      </text-style>
      <text-format multilineAlign="1"/>
      <placement placement="1" dist="0" distUnits="Point" quadOffset="4" centroidInside="1"/>
      <rendering drawLabels="1" scaleVisibility="1" scaleMin="60000" scaleMax="1000000" obstacle="0" upsidedownLabels="0"/>
    </settings>
  </labeling>
  <blendMode>0</blendMode>
  <featureBlendMode>0</featureBlendMode>
  <layerOpacity>1</layerOpacity>
</qgis>