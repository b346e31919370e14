<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="Symbology|Labeling" labelsEnabled="0">
  <renderer-v2 type="RuleRenderer" symbollevels="0" forceraster="0" enableorderby="0">
    <rules key="{root}">
      <rule key="{rule-0}" symbol="0" label="Coast · ឆ្នេរសមុទ្រ" filter="&#34;kind&#34; IN (&#39;coast&#39;)"/>
      <rule key="{rule-1}" symbol="1" label="Thailand · ថៃ" filter="(&#34;kind&#34; IS NULL OR &#34;kind&#34; NOT IN (&#39;coast&#39;)) AND &#34;neighbour&#34; IN (&#39;THA&#39;)"/>
      <rule key="{rule-2}" symbol="2" label="Lao PDR · ឡាវ" filter="(&#34;kind&#34; IS NULL OR &#34;kind&#34; NOT IN (&#39;coast&#39;)) AND &#34;neighbour&#34; IN (&#39;LAO&#39;)"/>
      <rule key="{rule-3}" symbol="3" label="Viet Nam · វៀតណាម" filter="(&#34;kind&#34; IS NULL OR &#34;kind&#34; NOT IN (&#39;coast&#39;)) AND &#34;neighbour&#34; IN (&#39;VNM&#39;)"/>
      <rule key="{rule-4}" symbol="4" label="Other border · ព្រំដែនផ្សេង" filter="(&#34;kind&#34; IS NULL OR &#34;kind&#34; NOT IN (&#39;coast&#39;)) AND (&#34;neighbour&#34; IS NULL OR &#34;neighbour&#34; NOT IN (&#39;THA&#39;, &#39;LAO&#39;, &#39;VNM&#39;))"/>
    </rules>
    <symbols>
      <symbol type="line" name="0" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleLine" enabled="1" locked="0" pass="0">
          <prop k="capstyle" v="flat"/>
          <prop k="joinstyle" v="round"/>
          <prop k="line_color" v="36,105,160,255"/>
          <prop k="line_style" v="solid"/>
          <prop k="line_width" v="1.125"/>
          <prop k="line_width_unit" v="Point"/>
        </layer>
      </symbol>
      <symbol type="line" name="1" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleLine" enabled="1" locked="0" pass="0">
          <prop k="capstyle" v="flat"/>
          <prop k="joinstyle" v="round"/>
          <prop k="line_color" v="63,45,145,255"/>
          <prop k="line_style" v="solid"/>
          <prop k="line_width" v="1.8"/>
          <prop k="line_width_unit" v="Point"/>
        </layer>
      </symbol>
      <symbol type="line" name="2" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleLine" enabled="1" locked="0" pass="0">
          <prop k="capstyle" v="flat"/>
          <prop k="joinstyle" v="round"/>
          <prop k="line_color" v="0,112,122,255"/>
          <prop k="line_style" v="solid"/>
          <prop k="line_width" v="1.8"/>
          <prop k="line_width_unit" v="Point"/>
        </layer>
      </symbol>
      <symbol type="line" name="3" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleLine" enabled="1" locked="0" pass="0">
          <prop k="capstyle" v="flat"/>
          <prop k="joinstyle" v="round"/>
          <prop k="line_color" v="102,51,17,255"/>
          <prop k="line_style" v="solid"/>
          <prop k="line_width" v="1.8"/>
          <prop k="line_width_unit" v="Point"/>
        </layer>
      </symbol>
      <symbol type="line" name="4" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleLine" enabled="1" locked="0" pass="0">
          <prop k="capstyle" v="flat"/>
          <prop k="joinstyle" v="round"/>
          <prop k="line_color" v="90,90,90,255"/>
          <prop k="line_style" v="solid"/>
          <prop k="line_width" v="2.1"/>
          <prop k="line_width_unit" v="Point"/>
        </layer>
      </symbol>
    </symbols>
  </renderer-v2>
  <blendMode>0</blendMode>
  <featureBlendMode>0</featureBlendMode>
  <layerOpacity>1</layerOpacity>
</qgis>